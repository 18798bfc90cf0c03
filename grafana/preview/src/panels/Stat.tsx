import { getDisplayValueAlignmentFactors, getFieldDisplayValues, type FieldDisplay } from "@grafana/data";
import { BigValue, BigValueGraphMode, DataLinksContextMenu, VizRepeater } from "@grafana/ui";
import { replacing } from "../data";
import type { Drawing } from "./kind";

/** Panel `stat`: a big number each series, or each row. */
export function Stat({ panel, options, data, width, height, page }: Drawing) {
  const values = () =>
    getFieldDisplayValues({
      data,
      fieldConfig: panel.fieldConfig,
      reduceOptions: options.reduceOptions,
      replaceVariables: replacing(page),
      sparkline: options.graphMode !== BigValueGraphMode.None,
      percentChange: options.showPercentChange,
      theme: page.theme,
    });
  return (
    <VizRepeater
      source={data}
      getValues={values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderCounter={0}
      width={width}
      height={height}
      itemSpacing={3}
      autoGrid
      orientation={options.orientation}
      renderValue={({ value, ...place }) => (
        <Linked value={value}>
          <BigValue
            {...place}
            value={value.display}
            sparkline={value.sparkline && { ...value.sparkline, timeRange: page.request.range }}
            theme={page.theme}
            colorMode={options.colorMode}
            graphMode={options.graphMode}
            justifyMode={options.justifyMode}
            textMode={options.textMode}
            text={options.text}
            percentChangeColorMode={options.percentChangeColorMode}
            disableWideLayout={!options.wideLayout}
            hasLinks={value.hasLinks}
          />
        </Linked>
      )}
    />
  );
}

/** A value under the menu of its links. */
export function Linked({ value, children }: { value: FieldDisplay; children: JSX.Element }) {
  if (!value.hasLinks || !value.getLinks) return children;
  return <DataLinksContextMenu links={value.getLinks}>{() => children}</DataLinksContextMenu>;
}
