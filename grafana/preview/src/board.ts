import type { DataTransformerConfig } from "@grafana/schema";
import type { FieldConfigSource } from "@grafana/data";

/** A place on the grid of 24 columns. */
export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** One query of a panel. */
export interface Target {
  refId: string;
  expr: string;
  instant?: boolean;
  format?: string;
  legendFormat?: string;
  interval?: string;
  hide?: boolean;
}

/** A link of a panel or of the board. */
export interface BoardLink {
  title?: string;
  url?: string;
  type?: string;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  gridPos: GridPos;
  targets?: Target[];
  transformations?: DataTransformerConfig[];
  fieldConfig?: FieldConfigSource;
  options?: Record<string, unknown>;
  links?: BoardLink[];
  interval?: string;
  maxDataPoints?: number;
  collapsed?: boolean;
  panels?: Panel[];
}

/** A variable as the board declares it. */
export interface Declaration {
  name: string;
  type: string;
  label?: string;
  hide?: number;
  query?: string | { query: string };
  regex?: string;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string;
  sort?: number;
  current?: { text?: string | string[]; value?: string | string[] };
}

export interface Board {
  uid: string;
  title: string;
  panels: Panel[];
  links?: BoardLink[];
  templating?: { list?: Declaration[] };
}

/** All panels in one list; collapsed rows are opened, and what is below them moves down. */
export function opened(board: Board): Panel[] {
  const found: Panel[] = [];
  let down = 0;
  for (const panel of board.panels) {
    found.push(moved(panel, down));
    const inside = (panel.collapsed && panel.panels) || [];
    if (inside.length === 0) continue;
    const below = panel.gridPos.y + panel.gridPos.h;
    const up = Math.min(...inside.map((each) => each.gridPos.y)) - below;
    found.push(...inside.map((each) => moved(each, down - up)));
    down += Math.max(...inside.map((each) => each.gridPos.y + each.gridPos.h)) - up - below;
  }
  return found;
}

function moved(panel: Panel, by: number): Panel {
  return { ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + by } };
}
