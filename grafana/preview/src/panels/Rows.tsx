import { Table } from "@grafana/ui";
import type { Drawing } from "./kind";

/** Panel `table`: one frame, as Grafana does when several are there. */
export function Rows({ panel, options, data, width, height, page }: Drawing) {
  return (
    <Table
      data={data[options.frameIndex] ?? data[0]}
      width={width}
      height={height}
      noHeader={!options.showHeader}
      showTypeIcons={options.showTypeIcons}
      initialSortBy={options.sortBy}
      footerOptions={options.footer}
      enablePagination={options.footer?.enablePagination}
      cellHeight={options.cellHeight}
      timeRange={page.request.range}
      fieldConfig={panel.fieldConfig}
      resizable
    />
  );
}
