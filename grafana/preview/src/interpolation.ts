import { escapeRegex, formattedValueToString, getFieldDisplayValuesProxy, type ScopedVars } from "@grafana/data";
import { get } from "lodash";
import { matched, type Variable } from "./variable";

// $name, ${name}, ${name:format}, ${name.path:format}, ${name["path"]}
const REFERENCE = /\$(\w+)|\$\{(\w+)((?:\.[^:}]+|\[[^\]}]+\])*)(?::(\w+))?\}/g;

/** Built-in values such as $__interval, by name. */
export type BuiltIns = Record<string, string>;

/**
 * The text with each reference replaced; what is not known stays as it is, to be seen. A variable that
 * names no format takes `usual`: a name that Grafana has, or `expression`.
 */
export function interpolate(
  text: string,
  variables: Variable[],
  builtIns: BuiltIns,
  usual: string,
  scope: ScopedVars = {},
): string {
  return text.replace(REFERENCE, (whole, short, long, path, format) => {
    const name = short ?? long;
    const variable = variables.find((each) => each.name === name);
    if (variable) return formatted(variable, format ?? usual);
    if (name === "__all_variables") return variables.map((each) => formatted(each, "queryparam")).join("&");
    return builtIns[name] ?? cell(name, path ?? "", scope, usual) ?? whole;
  });
}

function formatted(variable: Variable, format: string): string {
  const { name, values, all } = variable;
  const parameters = all ? ["$__all"] : values;
  switch (format) {
    case "expression":
      return matched(variable);
    case "regex":
      return all && values.length === 1 ? values[0] : alternatives(values.map(escapeRegex));
    case "queryparam":
      return parameters.map((value) => `var-${name}=${encodeURIComponent(value)}`).join("&");
    case "uriencode":
    case "percentencode":
      return encodeURIComponent(values.length === 1 ? values[0] : `{${values.join(",")}}`);
    case "text":
      return all ? "All" : values.join(" + ");
    case "glob":
      return values.length === 1 ? values[0] : `{${values.join(",")}}`;
    default: // csv, raw
      return values.join(",");
  }
}

function alternatives(parts: string[]): string {
  return parts.length === 1 ? parts[0] : `(${parts.join("|")})`;
}

/** A value of the row that a link or a name belongs to: __data.fields, __field, __value. */
function cell(name: string, path: string, scope: ScopedVars, usual: string): string | undefined {
  const context = scope.__dataContext?.value;
  if (!context) return undefined;
  const { frame, field, rowIndex = 0 } = context;
  const values = getFieldDisplayValuesProxy({ frame, rowIndex });
  const shown = field.display?.(field.values[rowIndex]);
  const known: Record<string, unknown> = {
    __data: { fields: values },
    __field: { name: field.name, displayName: field.config.displayName ?? field.name, labels: field.labels },
    __value: { raw: field.values[rowIndex], text: shown && formattedValueToString(shown), numeric: shown?.numeric },
  };
  const value = get(known[name], path.replace(/^\./, ""));
  if (value === undefined || value === null) return undefined;
  return usual === "uriencode" ? encodeURIComponent(`${value}`) : `${value}`;
}
