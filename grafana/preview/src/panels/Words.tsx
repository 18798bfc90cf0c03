import { renderTextPanelMarkdown } from "@grafana/data";
import { replacing } from "../data";
import type { Drawing } from "./kind";

/** Panel `text`: markdown or HTML, made safe as Grafana does it. */
export function Words({ options, page }: Drawing) {
  const html = renderTextPanelMarkdown(replacing(page)(options.content));
  return <div className="markdown-html" dangerouslySetInnerHTML={{ __html: html }} />;
}
