import { FieldType, type DataFrame } from "@grafana/data";
import { TimeSeries } from "@grafana/ui";
import type { Drawing } from "./kind";

/** Panel `timeseries`. */
export function Lines({ options, data, width, height, page }: Drawing) {
  return (
    <TimeSeries
      frames={data.filter(plotted).map(gaps)}
      width={width}
      height={height}
      timeRange={page.request.range}
      timeZone="browser"
      legend={options.legend}
      options={options}
    />
  );
}

function plotted({ length, fields }: DataFrame): boolean {
  return length > 0 && fields.some(({ type }) => type === FieldType.number);
}

/** Grafana draws nothing where a number is none: the plot knows that as null. */
function gaps(frame: DataFrame): DataFrame {
  const fields = frame.fields.map((field) =>
    field.type === FieldType.number
      ? { ...field, values: field.values.map((value) => (Number.isFinite(value) ? value : null)) }
      : field,
  );
  return { ...frame, fields };
}
