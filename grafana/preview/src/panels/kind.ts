import type { DataFrame, FieldConfigSource } from "@grafana/data";
import type { Page } from "../data";
import type { Panel } from "../board";

/** What every kind of panel is drawn from. */
export interface Drawing {
  panel: Panel & { fieldConfig: FieldConfigSource };
  // Whatever the board's JSON says, over Grafana's defaults: the components know its types.
  options: any;
  data: DataFrame[];
  width: number;
  height: number;
  page: Page;
}
