import {
  DataTransformerID,
  FieldType,
  getFieldDisplayName,
  reduceField,
  ReducerID,
  ThresholdsMode,
  type DataFrame,
  type DataTransformerInfo,
  type FieldConfig,
} from "@grafana/data";
import { map } from "rxjs";

interface Mapping {
  fieldName: string;
  handlerKey: string;
  reducerId?: ReducerID;
  handlerArguments?: { threshold?: { color: string } };
}

interface Options {
  configRefId: string;
  mappings: Mapping[];
}

/** `configFromData`, which Grafana has outside of @grafana/data: one query's values configure the others. */
export const configFromData: DataTransformerInfo<Options> = {
  id: DataTransformerID.configFromData,
  name: "Config from query results",
  defaultOptions: { configRefId: "config", mappings: [] },
  operator: (options) => (source) => source.pipe(map((data) => configured(data, options))),
};

function configured(data: DataFrame[], { configRefId, mappings }: Options): DataFrame[] {
  const from = data.find(({ refId }) => refId === configRefId);
  if (!from) return data;
  const config = derived(from, mappings);
  return data
    .filter((frame) => frame !== from)
    .map((frame) => ({ ...frame, fields: frame.fields.map((field) => overlaid(field, config)) }));
}

function overlaid(field: DataFrame["fields"][number], config: FieldConfig) {
  return field.type === FieldType.number ? { ...field, config: { ...field.config, ...structuredClone(config) } } : field;
}

function derived(frame: DataFrame, mappings: Mapping[]): FieldConfig {
  const config: FieldConfig = {};
  for (const field of frame.fields) {
    const mapping = mappings.find(({ fieldName }) => fieldName === getFieldDisplayName(field, frame));
    if (!mapping) continue;
    const reducer = mapping.reducerId ?? ReducerID.lastNotNull;
    const value = reduceField({ field, reducers: [reducer] })[reducer];
    if (typeof value === "number" && !Number.isNaN(value)) put(config, mapping, value);
  }
  return config;
}

function put(config: FieldConfig, { handlerKey, handlerArguments }: Mapping, value: number): void {
  if (handlerKey === "min" || handlerKey === "max") config[handlerKey] = value;
  else if (handlerKey === "threshold1") {
    config.thresholds ??= { mode: ThresholdsMode.Absolute, steps: [] };
    config.thresholds.steps.push({ value, color: handlerArguments?.threshold?.color ?? "red" });
  } else throw new Error(`configFromData: found ${handlerKey}, and only min, max and threshold1 are drawn here`);
}
