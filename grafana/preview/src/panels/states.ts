import { FieldType, formattedValueToString, getFieldDisplayName, type DataFrame, type DisplayValue } from "@grafana/data";

/** A time in which a series did not change its state. */
export interface State {
  from: number;
  to: number;
  text: string;
  color: string;
}

/** One row of a timeline. */
export interface Track {
  name: string;
  states: State[];
}

/** A row each series; equal states in succession are one, and where samples lack there is none. */
export function tracks(frames: DataFrame[], end: number): Track[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find(({ type }) => type === FieldType.time);
    const fields = frame.fields.filter(({ type }) => type !== FieldType.time);
    if (!time) return [];
    const step = time.config.interval ?? Infinity;
    return fields.map((field) => {
      const shown = field.values.map((value) => (value === null ? undefined : field.display!(value)));
      return { name: getFieldDisplayName(field, frame, frames), states: merged(time.values, shown, step, end) };
    });
  });
}

function merged(times: number[], shown: Array<DisplayValue | undefined>, step: number, end: number): State[] {
  const found: State[] = [];
  times.forEach((from, index) => {
    const value = shown[index];
    if (!value) return;
    const to = Math.min(times[index + 1] ?? end, from + step, end);
    const state = { from, to, text: formattedValueToString(value), color: value.color ?? "#808080" };
    const last = found.at(-1);
    if (last && last.to >= from && last.text === state.text && last.color === state.color) last.to = to;
    else found.push(state);
  });
  return found;
}
