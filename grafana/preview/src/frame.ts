import { FieldType, type DataFrame, type Field, type Labels } from "@grafana/data";
import type { Target } from "./board";
import type { Series } from "./prometheus";

/** What one target gave. */
export interface Result {
  target: Target;
  /** The expression that was asked, interpolated. */
  expr: string;
  /** Milliseconds between two samples; null for an instant query. */
  interval: number | null;
  series: Series[];
}

/** Frames as Grafana's Prometheus data source makes them: a frame a series, or a table a target. */
export function frames(results: Result[]): DataFrame[] {
  const tables = results.filter(({ target }) => target.format === "table");
  const others = results.filter(({ target }) => target.format !== "table");
  const only = tables.length === 1;
  if (only && tables[0].series.length === 0) return [...others.flatMap(lines), empty(tables[0])];
  return [...others.flatMap(lines), ...tables.map((each) => table(each, only ? "Value" : `Value #${each.target.refId}`))];
}

function lines(result: Result): DataFrame[] {
  return result.series.length > 0 ? result.series.map((each) => line(result, each)) : [empty(result)];
}

function empty({ target }: Result): DataFrame {
  return { refId: target.refId, fields: [], length: 0 };
}

function line(result: Result, { metric, values }: Series): DataFrame {
  const name = legend(result, metric);
  const config = name ? { displayNameFromDS: name } : {};
  const value: Field = { ...numbers("Value", values), labels: metric, config };
  const fields = [times(values, result.interval), value];
  return { refId: result.target.refId, name, fields, length: values.length };
}

function legend({ target, expr }: Result, labels: Labels): string {
  const { legendFormat } = target;
  const some = Object.keys(labels).length > 0;
  if (legendFormat === "__auto") return some ? "" : expr;
  if (legendFormat) return legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => labels[label] ?? "");
  return some ? written(labels) : expr;
}

function written({ __name__ = "", ...labels }: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length > 0 ? `${__name__}{${pairs.join(", ")}}` : __name__;
}

function table({ target, interval, series }: Result, valueName: string): DataFrame {
  const names = [...new Set(series.flatMap(({ metric }) => Object.keys(metric).sort()))];
  const rows = series.flatMap(({ metric, values }) => values.map((sample) => ({ metric, sample })));
  rows.sort((a, b) => a.sample[0] - b.sample[0]);
  const samples = rows.map(({ sample }) => sample);
  const labels = names.map((name) => ({
    name,
    type: FieldType.string,
    config: { filterable: true },
    values: rows.map(({ metric }) => metric[name] ?? ""),
  }));
  const fields = [times(samples, interval), ...labels, numbers(valueName, samples)];
  return { refId: target.refId, fields, length: rows.length };
}

function times(samples: Series["values"], interval: number | null): Field {
  const config = interval === null ? {} : { interval };
  return { name: "Time", type: FieldType.time, config, values: samples.map(([seconds]) => seconds * 1000) };
}

function numbers(name: string, samples: Series["values"]): Field {
  return { name, type: FieldType.number, config: {}, values: samples.map(([, text]) => parsed(text)) };
}

function parsed(text: string): number {
  return text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}
