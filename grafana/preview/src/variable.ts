import { escapeRegex, stringToJsRegex } from "@grafana/data";
import type { Declaration } from "./board";
import { interpolate } from "./interpolation";
import type { Prometheus } from "./prometheus";
import type { Request } from "./request";

const ALL = "$__all";

/** A variable with its value: what a board's expressions, titles and links mean by its name. */
export interface Variable {
  name: string;
  label: string;
  hidden: boolean;
  /** Several values are possible, so an expression has to take it as a pattern. */
  pattern: boolean;
  all: boolean;
  /** What is chosen; with All and an allValue, that one pattern. */
  values: string[];
}

/** The board's variables, one after another: a later one may ask for what matches an earlier one. */
export async function resolve(
  declared: Declaration[],
  request: Request,
  prometheus: Prometheus,
): Promise<Variable[]> {
  const known: Variable[] = [];
  for (const each of declared) known.push(await valued(each, known, request, prometheus));
  return known;
}

async function valued(
  declared: Declaration,
  known: Variable[],
  request: Request,
  prometheus: Prometheus,
): Promise<Variable> {
  const options = await choices(declared, known, request, prometheus);
  const wanted = chosen(declared, request.variables.get(declared.name), options);
  const all = Boolean(declared.includeAll) && wanted.some((value) => value === ALL || value === "All");
  const everything = declared.allValue ? [declared.allValue] : options;
  return {
    name: declared.name,
    label: declared.label || declared.name,
    hidden: declared.hide === 2,
    pattern: Boolean(declared.multi || declared.includeAll),
    all,
    values: all ? everything : wanted,
  };
}

/** The address decides, then the board's own choice where it (still) exists, then the first. */
function chosen(declared: Declaration, given: string[] | undefined, options: string[]): string[] {
  if (given) return given;
  const own = [declared.current?.value ?? []].flat();
  if (declared.type !== "query") return own.length > 0 ? own : options.slice(0, 1);
  const there = own.filter((value) => value === ALL || options.includes(value));
  if (there.length > 0) return there;
  return declared.includeAll ? [ALL] : options.slice(0, 1);
}

async function choices(
  declared: Declaration,
  known: Variable[],
  request: Request,
  prometheus: Prometheus,
): Promise<string[]> {
  const query = typeof declared.query === "object" ? declared.query.query : (declared.query ?? "");
  if (declared.type === "datasource") return ["Prometheus"];
  if (declared.type === "query") return sorted(await found(query, declared, known, request, prometheus), declared);
  if (declared.type === "textbox" || declared.type === "constant") return [query];
  return query.split(",").map((value) => value.trim());
}

async function found(
  query: string,
  declared: Declaration,
  known: Variable[],
  { range }: Request,
  prometheus: Prometheus,
): Promise<string[]> {
  const asked = /^label_values\((?:(.+),)?\s*([a-zA-Z_]\w*)\s*\)$/s.exec(query.trim());
  if (!asked) throw new Error(`variable ${declared.name}: found ${query}, and only label_values(...) is drawn here`);
  const match = asked[1] && interpolate(asked[1].trim(), known, {}, "expression");
  const values = await prometheus.values(asked[2], match, range.from.unix(), range.to.unix());
  return declared.regex ? values.filter((value) => stringToJsRegex(declared.regex!).test(value)) : values;
}

function sorted(values: string[], { sort = 0 }: Declaration): string[] {
  if (sort === 0) return values;
  const numeric = sort === 3 || sort === 4;
  const inOrder = values.toSorted((a, b) => a.localeCompare(b, undefined, { numeric }));
  return sort % 2 === 0 ? inOrder.reverse() : inOrder;
}

/** What an expression takes it for, as Grafana's Prometheus data source writes it. */
export function matched({ pattern, all, values }: Variable): string {
  if (!pattern) return values.join(",").replace(/\\/g, "\\\\").replace(/"/g, '\\"');
  // An allValue is a pattern already.
  const parts = all && values.length === 1 ? values : values.map((value) => escapeRegex(value).replace(/\\/g, "\\\\"));
  return parts.length === 1 ? parts[0] : `(${parts.join("|")})`;
}
