import type { Labels } from "@grafana/data";

/** Milliseconds until a query is given up. */
const PATIENCE = 60_000;

/** A sample as Prometheus writes it: seconds, and a number as text. */
export type Sample = [number, string];

/** One series of an answer. */
export interface Series {
  metric: Labels;
  values: Sample[];
}

interface Answer {
  resultType: "vector" | "matrix" | "scalar";
  result: Array<{ metric: Labels; value?: Sample; values?: Sample[] }> | Sample;
}

/** The HTTP API of a Prometheus. Everything throws what Prometheus says when it refuses. */
export class Prometheus {
  constructor(private readonly url: string) {}

  async instant(query: string, time: number): Promise<Series[]> {
    return series(await this.ask<Answer>("query", { query, time: `${time}` }));
  }

  async range(query: string, start: number, end: number, step: number): Promise<Series[]> {
    const parameters = { query, start: `${start}`, end: `${end}`, step: `${step}` };
    return series(await this.ask<Answer>("query_range", parameters));
  }

  /** The values of a label, of the series that match; of all series without `match`. */
  async values(label: string, match: string | undefined, start: number, end: number): Promise<string[]> {
    const when = { start: `${start}`, end: `${end}` };
    return this.ask(`label/${label}/values`, match ? { ...when, "match[]": match } : when);
  }

  private async ask<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const address = `${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE) }).catch((error) => {
      throw new Error(`${this.url} does not answer: ${error.message}`);
    });
    const said = await answer.json().catch(() => ({ error: `status ${answer.status}` }));
    if (said.status !== "success") throw new Error(said.error);
    return said.data;
  }
}

function series(answer: Answer): Series[] {
  if (answer.resultType === "scalar") return [{ metric: {}, values: [answer.result as Sample] }];
  const found = answer.result as Array<{ metric: Labels; value?: Sample; values?: Sample[] }>;
  return found.map(({ metric, value, values }) => ({ metric, values: values ?? [value!] }));
}
