import { colorManipulator, type GrafanaTheme2 } from "@grafana/data";
import { AxisPlacement, ScaleDirection, ScaleOrientation } from "@grafana/schema";
import {
  getTextColorForAlphaBackground,
  measureText,
  Pagination,
  UPlotChart,
  UPlotConfigBuilder,
  VizLayout,
  VizLegend,
} from "@grafana/ui";
import { useMemo } from "react";
import type uPlot from "uplot";
import type { Page } from "../data";
import type { Drawing } from "./kind";
import { tracks, type State, type Track } from "./states";

const FONT = 12;
const PAGES = 40;

/** How the states look. */
interface Look {
  rowHeight: number;
  showValue: "auto" | "always" | "never";
  alignValue: CanvasTextAlign;
  opacity: number;
  theme: GrafanaTheme2;
}

/** Panel `state-timeline`, which @grafana/ui does not have: drawn here on its plot and axes. */
export function Timeline({ panel, options, data, width, height, page }: Drawing) {
  const all = useMemo(() => tracks(data, page.request.range.to.valueOf()), [data, page]);
  const pages = Math.ceil(all.length / options.perPage);
  const opacity = panel.fieldConfig.defaults.custom.fillOpacity;
  const config = useMemo(
    () => plot(all.slice(0, options.perPage), page, { ...options, opacity, theme: page.theme }),
    [all, page, options, opacity],
  );
  const { from, to } = page.request.range;
  const ends = [from.valueOf(), to.valueOf()];
  const { showLegend, placement, displayMode } = options.legend;
  const legend = showLegend ? (
    <VizLayout.Legend placement={placement}>
      <VizLegend placement={placement} displayMode={displayMode} items={states(all)} />
    </VizLayout.Legend>
  ) : null;
  return (
    <>
      <VizLayout width={width} height={pages > 1 ? height - PAGES : height} legend={legend}>
        {(wide: number, tall: number) => <UPlotChart config={config} data={[ends, [0, 0]]} width={wide} height={tall} />}
      </VizLayout>
      {pages > 1 && <Pagination currentPage={1} numberOfPages={pages} onNavigate={() => {}} />}
    </>
  );
}

function states(rows: Track[]) {
  const known = new Map(rows.flatMap((row) => row.states).map(({ text, color }) => [text, color]));
  return [...known].map(([label, color]) => ({ label, color, yAxis: 1 }));
}

function plot(rows: Track[], { request, theme }: Page, look: Look): UPlotConfigBuilder {
  const builder = new UPlotConfigBuilder("browser");
  const { from, to } = request.range;
  const middles = rows.map((_, index) => index + 0.5);
  builder.addScale({
    scaleKey: "x",
    isTime: true,
    orientation: ScaleOrientation.Horizontal,
    direction: ScaleDirection.Right,
    range: () => [from.valueOf(), to.valueOf()],
  });
  builder.addScale({
    scaleKey: "y",
    isTime: false,
    orientation: ScaleOrientation.Vertical,
    direction: ScaleDirection.Down,
    range: () => [0, rows.length],
  });
  builder.addAxis({ scaleKey: "x", isTime: true, placement: AxisPlacement.Bottom, theme, timeZone: "browser" });
  builder.addAxis({
    scaleKey: "y",
    placement: AxisPlacement.Left,
    theme,
    grid: { show: false },
    ticks: { show: false },
    splits: () => middles,
    values: () => rows.map(({ name }) => name),
  });
  builder.addSeries({ scaleKey: "y", theme, show: false, pxAlign: false });
  builder.addHook("draw", (u: uPlot) => rows.forEach((row, index) => paintRow(u, row, index, look)));
  return builder;
}

function paintRow(u: uPlot, { states }: Track, index: number, look: Look): void {
  const edge = (1 - look.rowHeight) / 2;
  const top = u.valToPos(index + edge, "y", true);
  const bottom = u.valToPos(index + 1 - edge, "y", true);
  for (const state of states) paint(u, state, top, bottom - top, look);
}

function paint(u: uPlot, { from, to, text, color }: State, top: number, tall: number, look: Look): void {
  const left = Math.max(u.valToPos(from, "x", true), u.bbox.left);
  const wide = u.valToPos(to, "x", true) - left;
  if (wide <= 0) return;
  const fill = colorManipulator.alpha(color, look.opacity / 100);
  u.ctx.save();
  u.ctx.fillStyle = fill;
  u.ctx.fillRect(left, top, wide, tall);
  const fits = measureText(text, FONT).width + 8 < wide / devicePixelRatio && tall / devicePixelRatio > FONT;
  if (look.showValue === "always" || (look.showValue === "auto" && fits)) {
    u.ctx.fillStyle = getTextColorForAlphaBackground(fill, look.theme.isDark);
    write(u.ctx, text, left, wide, top + tall / 2, look);
  }
  u.ctx.restore();
}

function write(ctx: CanvasRenderingContext2D, text: string, left: number, wide: number, middle: number, look: Look): void {
  const pad = 4 * devicePixelRatio;
  const where = { left: left + pad, center: left + wide / 2, right: left + wide - pad }[look.alignValue as "left"];
  ctx.font = `${FONT * devicePixelRatio}px ${look.theme.typography.fontFamily}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = look.alignValue;
  ctx.fillText(text, where, middle);
}
