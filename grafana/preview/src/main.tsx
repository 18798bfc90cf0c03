import { createTheme, ThemeContext } from "@grafana/data";
import { GlobalStyles } from "@grafana/ui";
import { useEffect, useMemo, useRef } from "react";
import { createRoot } from "react-dom/client";
import { Bar } from "./Bar";
import { opened, type Board } from "./board";
import type { Page } from "./data";
import { Grid } from "./Grid";
import { Prometheus } from "./prometheus";
import { read } from "./request";
import { style } from "./style";
import { resolve } from "./variable";

const SIDES = 32;

function Dashboard({ board, page }: { board: Board; page: Page }) {
  const panels = useMemo(() => opened(board), [board]);
  const waiting = useRef(new Set(panels.filter(({ type }) => type !== "row").map(({ id }) => id)));
  const settled = (id: number) => {
    waiting.current.delete(id);
    if (waiting.current.size === 0) void ready();
  };
  useEffect(() => {
    if (waiting.current.size === 0) void ready();
  }, [panels]);
  return (
    <div className="board">
      <Bar board={board} page={page} />
      <Grid panels={panels} width={document.documentElement.clientWidth - SIDES} page={page} settled={settled} />
    </div>
  );
}

/** Tells the driver that nothing is to come: two frames later everything is painted. */
async function ready(): Promise<void> {
  await document.fonts.ready;
  requestAnimationFrame(() => requestAnimationFrame(() => (document.body.dataset.ready = "yes")));
}

async function start(): Promise<JSX.Element> {
  const request = read(location.search);
  const answer = await fetch(request.board);
  if (!answer.ok) throw new Error(`${request.board}: status ${answer.status}, expected a dashboard's JSON`);
  const board: Board = await answer.json();
  const prometheus = new Prometheus(request.prometheus);
  const variables = await resolve(board.templating?.list ?? [], request, prometheus);
  const theme = createTheme({ colors: { mode: request.theme } });
  // Plots measure their texts before they draw them.
  await Promise.all(["12px Inter", "500 12px Inter"].map((font) => document.fonts.load(font)));
  const page = { request, prometheus, variables, theme };
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <style>{style(theme)}</style>
      <Dashboard board={board} page={page} />
    </ThemeContext.Provider>
  );
}

const root = createRoot(document.getElementById("root")!);
start().then(
  (page) => root.render(page),
  (error: Error) => {
    root.render(<div className="failure">{error.message}</div>);
    void ready();
  },
);
