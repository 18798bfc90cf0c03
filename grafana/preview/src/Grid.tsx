import { Icon } from "@grafana/ui";
import type { Panel } from "./board";
import { replacing, type Page } from "./data";
import { PanelBox } from "./PanelBox";

// Grafana's grid.
const COLUMNS = 24;
const CELL = 30;
const GAP = 8;

interface Place {
  panels: Panel[];
  width: number;
  page: Page;
  settled: (id: number) => void;
}

/** The panels where their gridPos puts them, rows as headings, at their full height. */
export function Grid({ panels, width, page, settled }: Place) {
  const column = (width - GAP * (COLUMNS - 1)) / COLUMNS;
  const bottom = Math.max(0, ...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  return (
    <div style={{ position: "relative", height: bottom * (CELL + GAP) }}>
      {panels.map((panel) => {
        const { x, y, w, h } = panel.gridPos;
        const size = { width: w * (column + GAP) - GAP, height: h * (CELL + GAP) - GAP };
        return (
          <div key={panel.id} style={{ position: "absolute", left: x * (column + GAP), top: y * (CELL + GAP), ...size }}>
            {panel.type === "row" ? (
              <Heading panel={panel} page={page} />
            ) : (
              <PanelBox panel={panel} page={page} settled={settled} {...size} />
            )}
          </div>
        );
      })}
    </div>
  );
}

function Heading({ panel, page }: { panel: Panel; page: Page }) {
  return (
    <div className="row-heading">
      <Icon name="angle-down" size="md" />
      {replacing(page)(panel.title ?? "", undefined, "text")}
    </div>
  );
}
