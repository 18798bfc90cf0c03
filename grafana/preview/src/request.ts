import { dateTime, type TimeRange } from "@grafana/data";

/** What the address of the page asks for. */
export interface Request {
  board: string;
  prometheus: string;
  range: TimeRange;
  theme: "dark" | "light";
  /** Seconds between two scrapes: the data source's own setting. */
  scrape: number;
  /** The values of var-NAME, by name. */
  variables: Map<string, string[]>;
}

/** Reads the address; throws when something is missing or is no number. */
export function read(search: string): Request {
  const given = new URLSearchParams(search);
  const from = dateTime(number(given, "from") * 1000);
  const to = dateTime(number(given, "to") * 1000);
  return {
    board: text(given, "board"),
    prometheus: text(given, "prometheus").replace(/\/$/, ""),
    range: { from, to, raw: { from, to } },
    theme: given.get("theme") === "light" ? "light" : "dark",
    scrape: given.has("scrape") ? number(given, "scrape") : 15,
    variables: variables(given),
  };
}

function variables(given: URLSearchParams): Map<string, string[]> {
  const names = [...given.keys()].filter((key) => key.startsWith("var-"));
  return new Map(names.map((key) => [key.slice("var-".length), given.getAll(key)]));
}

function text(given: URLSearchParams, name: string): string {
  const value = given.get(name);
  if (!value) throw new Error(`the address has no ${name}=, as in ?board=URL&prometheus=URL&from=SECONDS&to=SECONDS`);
  return value;
}

function number(given: URLSearchParams, name: string): number {
  const value = Number(text(given, name));
  if (!Number.isFinite(value)) throw new Error(`${name}=${given.get(name)} is no number of seconds`);
  return value;
}
