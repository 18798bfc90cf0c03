import type { DataFrame } from "@grafana/data";
import { ErrorBoundary, Icon, PanelChrome } from "@grafana/ui";
import { useEffect, useMemo, useState, type ComponentType } from "react";
import type { Panel } from "./board";
import { load, replacing, type Page } from "./data";
import { Bars } from "./panels/Bars";
import type { Drawing } from "./panels/kind";
import { Lines } from "./panels/Lines";
import { Rows } from "./panels/Rows";
import { Stat } from "./panels/Stat";
import { Timeline } from "./panels/Timeline";
import { Words } from "./panels/Words";
import { completed } from "./plugin";

const KINDS: Record<string, ComponentType<Drawing>> = {
  bargauge: Bars,
  stat: Stat,
  "state-timeline": Timeline,
  table: Rows,
  text: Words,
  timeseries: Lines,
};

/** These say for themselves that there is no data. */
const WITHOUT_DATA = new Set(["stat", "bargauge", "text"]);

interface Place {
  panel: Panel;
  width: number;
  height: number;
  page: Page;
  /** Called when the panel is drawn or has failed. */
  settled: (id: number) => void;
}

/** A panel in its frame: asks for its data, and draws it or says why not. */
export function PanelBox({ panel: bare, width, height, page, settled }: Place) {
  const panel = useMemo(() => completed(bare), [bare]);
  const [data, setData] = useState<DataFrame[]>();
  const [error, setError] = useState(KINDS[panel.type] ? undefined : `found ${panel.type}, which the preview cannot draw`);
  const failed = (reason: Error) => setError((before) => before ?? reason.message);
  useEffect(() => {
    load(panel, width, page).then(setData, failed);
  }, [panel, width, page]);
  useEffect(() => {
    if (data || error) settled(panel.id);
  }, [data, error]);
  const title = replacing(page)(panel.title ?? "", undefined, "text");
  return (
    <div data-panel-id={panel.id} data-state={state(panel, data, error)} data-error={error}>
      <PanelChrome
        width={width}
        height={height}
        title={title}
        description={panel.description}
        hoverHeader={!title}
        displayMode={panel.transparent ? "transparent" : "default"}
        titleItems={<Links panel={panel} page={page} />}
        statusMessage={error}
        padding={panel.type === "table" ? "none" : "md"}
      >
        {(wide, tall) => <Content {...{ panel, data, error, page, failed }} width={wide} height={tall} />}
      </PanelChrome>
    </div>
  );
}

function state(panel: Panel, data: DataFrame[] | undefined, error: string | undefined): string {
  if (error) return "error";
  if (!data) return "loading";
  return panel.type === "text" || filled(data) ? "ok" : "empty";
}

function filled(data: DataFrame[]): boolean {
  return data.some(({ length, fields }) => length > 0 && fields.length > 0);
}

interface Inside {
  panel: ReturnType<typeof completed>;
  data?: DataFrame[];
  error?: string;
  page: Page;
  width: number;
  height: number;
  failed: (reason: Error) => void;
}

function Content({ panel, data, error, page, width, height, failed }: Inside) {
  if (error) return <Notice text={error} />;
  if (!data) return null;
  const Kind = KINDS[panel.type];
  if (!filled(data) && !WITHOUT_DATA.has(panel.type))
    return <Notice text={panel.fieldConfig.defaults.noValue ?? "No data"} />;
  return (
    <ErrorBoundary onError={failed}>
      {({ error: broken }) =>
        broken ? <Notice text={broken.message} /> : <Kind {...{ panel, data, width, height, page }} options={panel.options} />
      }
    </ErrorBoundary>
  );
}

function Notice({ text }: { text: string }) {
  return <div className="notice">{text}</div>;
}

function Links({ panel, page }: { panel: Panel; page: Page }) {
  const replace = replacing(page);
  return (panel.links ?? []).map(({ url = "", title }) => (
    <a key={url} className="panel-link" href={replace(url, undefined, "uriencode")} title={title}>
      <Icon name="external-link-alt" />
    </a>
  ));
}
