import { dateTimeFormat } from "@grafana/data";
import { Icon } from "@grafana/ui";
import type { Board } from "./board";
import type { Page } from "./data";
import type { Variable } from "./variable";

/** The top of the page: the board's name, its time, its variables with their values, its links. */
export function Bar({ board, page }: { board: Board; page: Page }) {
  const { from, to } = page.request.range;
  const format = "YYYY-MM-DD HH:mm:ss";
  return (
    <header className="bar">
      <div className="bar-line">
        <span className="crumbs">
          Dashboards <Icon name="angle-right" /> <strong>{board.title}</strong>
        </span>
        <span className="box">
          <Icon name="clock-nine" /> {dateTimeFormat(from, { format })} to {dateTimeFormat(to, { format })}
        </span>
      </div>
      <div className="bar-line">
        <span className="choices">
          {page.variables.filter(({ hidden }) => !hidden).map((each) => (
            <Choice key={each.name} variable={each} />
          ))}
        </span>
        <span className="choices">
          {(board.links ?? []).map(({ title, type }) => (
            <span key={title} className="box">
              <Icon name={type === "dashboards" ? "bars" : "external-link-alt"} /> {title}
            </span>
          ))}
        </span>
      </div>
    </header>
  );
}

function Choice({ variable: { label, all, values } }: { variable: Variable }) {
  return (
    <span className="choice">
      <span className="choice-label">{label}</span>
      <span className="box">
        {all ? "All" : values.join(" + ")} <Icon name="angle-down" />
      </span>
    </span>
  );
}
