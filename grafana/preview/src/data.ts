import {
  applyFieldOverrides,
  rangeUtil,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
  type DataFrame,
  type DataTransformerInfo,
  type FieldConfigSource,
  type GrafanaTheme2,
  type InterpolateFunction,
  type TimeRange,
} from "@grafana/data";
import { firstValueFrom } from "rxjs";
import type { Panel, Target } from "./board";
import { configFromData } from "./derived";
import { frames, type Result } from "./frame";
import { interpolate, type BuiltIns } from "./interpolation";
import { registry } from "./plugin";
import type { Prometheus } from "./prometheus";
import type { Request } from "./request";
import type { Variable } from "./variable";

standardTransformersRegistry.setInit(() => {
  // One of them is there twice, by an old name and a new one.
  const each = new Set<DataTransformerInfo>([...Object.values(standardTransformers), configFromData]);
  return [...each].map((transformation) => ({ id: transformation.id, name: transformation.name, transformation, editor: () => null }));
});

/** What all panels of a page share. */
export interface Page {
  request: Request;
  prometheus: Prometheus;
  variables: Variable[];
  theme: GrafanaTheme2;
}

/** The panel's data, ready to be drawn; throws what Prometheus refuses. */
export async function load(panel: Panel & { fieldConfig: FieldConfigSource }, width: number, page: Page): Promise<DataFrame[]> {
  const targets = (panel.targets ?? []).filter(({ hide }) => !hide);
  const results = await Promise.all(targets.map((target) => ask(target, panel, width, page)));
  const replace = replacing(page);
  const transformed = await firstValueFrom(
    transformDataFrame(panel.transformations ?? [], frames(results), { interpolate: replace }),
  );
  return applyFieldOverrides({
    data: transformed,
    fieldConfig: panel.fieldConfig,
    fieldConfigRegistry: registry(panel.fieldConfig),
    replaceVariables: replace,
    theme: page.theme,
  });
}

/** Replaces variables in texts and links, as Grafana's panels ask for it. */
export function replacing({ variables, request }: Page): InterpolateFunction {
  const { from, to } = request.range;
  const time = { __url_time_range: `from=${from.valueOf()}&to=${to.valueOf()}` };
  return (text, scope, format) => interpolate(text, variables, time, `${format ?? "glob"}`, scope);
}

async function ask(target: Target, panel: Panel, width: number, page: Page): Promise<Result> {
  const { request, prometheus, variables } = page;
  const { range } = request;
  const pace = paced(target, panel, width, request);
  const expr = interpolate(target.expr, variables, builtIns(range, pace), "expression");
  if (target.instant)
    return { target, expr, interval: null, series: await prometheus.instant(expr, range.to.unix()) };
  const { step } = pace;
  const [start, end] = [range.from, range.to].map((when) => Math.floor(when.unix() / step) * step);
  return { target, expr, interval: step * 1000, series: await prometheus.range(expr, start, end, step) };
}

/** Seconds between two points, and those over which a rate is taken. */
interface Pace {
  step: number;
  rate: number;
}

/** A point a pixel, and not more often than a target or a scrape allows: as Grafana reckons it. */
function paced(target: Target, panel: Panel, width: number, { range, scrape }: Request): Pace {
  const points = panel.maxDataPoints ?? width;
  const every = (lowest: string) => rangeUtil.calculateInterval(range, points, lowest).intervalMs / 1000;
  const least = target.interval || `${scrape}s`;
  const seconds = rangeUtil.intervalToSeconds(least);
  const usual = every(panel.interval || `${scrape}s`);
  return { step: every(least), rate: Math.max(usual + seconds, 4 * seconds) };
}

function builtIns(range: TimeRange, { step, rate }: Pace): BuiltIns {
  const seconds = range.to.unix() - range.from.unix();
  return {
    __interval: `${step}s`,
    __interval_ms: `${step * 1000}`,
    __rate_interval: `${rate}s`,
    __range: `${seconds}s`,
    __range_s: `${seconds}`,
    __range_ms: `${seconds * 1000}`,
  };
}
