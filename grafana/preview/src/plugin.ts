import {
  displayNameOverrideProcessor,
  FieldConfigOptionsRegistry,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  ThresholdsMode,
  type Field,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type FieldOverrideContext,
} from "@grafana/data";
import { isArray, mergeWith } from "lodash";
import type { Panel } from "./board";

type Options = Record<string, unknown>;

const LEGEND = { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] };
const REDUCE = { values: false, calcs: ["lastNotNull"], fields: "" };

/** What Grafana's panels take where the board says nothing. */
const OPTIONS: Record<string, Options> = {
  stat: { graphMode: "area", colorMode: "value", justifyMode: "auto", textMode: "auto", wideLayout: true, orientation: "auto", reduceOptions: REDUCE },
  bargauge: { displayMode: "gradient", valueMode: "color", namePlacement: "auto", showUnfilled: true, minVizWidth: 8, minVizHeight: 16, maxVizHeight: 300, orientation: "auto", reduceOptions: REDUCE },
  table: { showHeader: true, cellHeight: "sm", frameIndex: 0, footer: { show: false, reducer: ["sum"] } },
  timeseries: { legend: LEGEND },
  "state-timeline": { legend: LEGEND, showValue: "auto", alignValue: "left", rowHeight: 0.9, mergeValues: true, perPage: 20 },
  text: { mode: "markdown", content: "" },
};

const CUSTOM: Record<string, Options> = {
  table: { align: "auto", cellOptions: { type: "auto" }, inspect: false },
  timeseries: {
    drawStyle: "line", lineInterpolation: "linear", lineWidth: 1, fillOpacity: 0, gradientMode: "none",
    showPoints: "auto", pointSize: 5, spanNulls: false, axisPlacement: "auto", axisLabel: "",
    stacking: { mode: "none", group: "A" }, thresholdsStyle: { mode: "off" }, scaleDistribution: { type: "linear" },
    barAlignment: 0, barWidthFactor: 0.6, hideFrom: { tooltip: false, viz: false, legend: false },
  },
  "state-timeline": { lineWidth: 0, fillOpacity: 70 },
};

const COLOR: Record<string, string> = { timeseries: "palette-classic", "state-timeline": "continuous-GrYlRd" };

/** The panel with Grafana's defaults under its own options. */
export function completed(panel: Panel): Panel & { options: Options; fieldConfig: FieldConfigSource } {
  const defaults = {
    color: { mode: COLOR[panel.type] ?? "thresholds" },
    thresholds: { mode: ThresholdsMode.Absolute, steps: [{ value: null, color: "green" }, { value: 80, color: "red" }] },
    mappings: [],
    custom: CUSTOM[panel.type] ?? {},
  };
  const below = { options: OPTIONS[panel.type] ?? {}, fieldConfig: { defaults, overrides: [] } as FieldConfigSource };
  const whole = mergeWith({}, below, panel, (_, own) => (isArray(own) ? own : undefined));
  const { fieldConfig } = whole;
  open(fieldConfig.defaults.thresholds);
  for (const { properties } of fieldConfig.overrides)
    for (const { id, value } of properties) if (id === "thresholds") open(value);
  return whole;
}

/** JSON has no -Infinity: the lowest threshold stands there as null. */
function open(thresholds: { steps: Array<{ value: number | null }> } | undefined): void {
  for (const step of thresholds?.steps ?? []) step.value ??= -Infinity;
}

const STANDARD: Array<[string, FieldConfigPropertyItem["process"]]> = [
  ["displayName", displayNameOverrideProcessor],
  ["min", numberOverrideProcessor],
  ["max", numberOverrideProcessor],
  ["decimals", numberOverrideProcessor],
  ...["unit", "color", "thresholds", "mappings", "noValue", "links", "actions", "fieldMinMax", "filterable", "description"].map(
    (id): [string, FieldConfigPropertyItem["process"]] => [id, identityOverrideProcessor],
  ),
];

/** The field options that a panel sets: the standard ones, and the custom ones that it names. */
export function registry({ defaults, overrides }: FieldConfigSource): FieldConfigOptionsRegistry {
  const named = overrides.flatMap(({ properties }) => properties.map(({ id }) => id));
  const own = Object.keys((defaults.custom as Options) ?? {}).map((key) => `custom.${key}`);
  const custom = new Set([...named.filter((id) => id.startsWith("custom.")), ...own]);
  const items = [
    ...STANDARD.map(([id, process]) => item(id, id, process)),
    ...[...custom].map((id) => ({ ...item(id, id.slice("custom.".length), identityOverrideProcessor), isCustom: true })),
  ];
  return new FieldConfigOptionsRegistry(() => items);
}

function item(id: string, path: string, process: FieldConfigPropertyItem["process"]): FieldConfigPropertyItem {
  const expand = { expandTemplateVars: true };
  const processed = (value: unknown, context: FieldOverrideContext) => process(value, context, expand);
  const shouldApply = (field: Field) => id !== "min" && id !== "max" || field.type === FieldType.number;
  return { id, path, name: id, process: processed, shouldApply, override: () => null, editor: () => null };
}
