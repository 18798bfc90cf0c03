import { getDisplayValueAlignmentFactors, getFieldDisplayValues } from "@grafana/data";
import { BarGauge, VizRepeater } from "@grafana/ui";
import { replacing } from "../data";
import type { Drawing } from "./kind";
import { Linked } from "./Stat";

/** Panel `bargauge`: a bar each value. */
export function Bars({ panel, options, data, width, height, page }: Drawing) {
  const values = () =>
    getFieldDisplayValues({
      data,
      fieldConfig: panel.fieldConfig,
      reduceOptions: options.reduceOptions,
      replaceVariables: replacing(page),
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
      itemSpacing={spacing(options)}
      minVizWidth={options.minVizWidth}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
      orientation={options.orientation}
      renderValue={({ value, alignmentFactors, count, ...place }) => (
        <Linked value={value}>
          <BarGauge
            {...place}
            value={value.display}
            field={value.field}
            display={value.view?.getFieldDisplayProcessor(value.colIndex ?? 0)}
            theme={page.theme}
            text={options.text}
            itemSpacing={spacing(options)}
            displayMode={options.displayMode}
            alignmentFactors={count > 1 ? alignmentFactors : undefined}
            showUnfilled={options.showUnfilled}
            valueDisplayMode={options.valueMode}
            namePlacement={options.namePlacement}
            isOverflow={false}
          />
        </Linked>
      )}
    />
  );
}

function spacing({ displayMode }: { displayMode: string }): number {
  return displayMode === "lcd" ? 2 : 10;
}
