import type { GrafanaTheme2 } from "@grafana/data";

/** Styles of what is not drawn by Grafana's own components: the bar, headings, notices. */
export function style(theme: GrafanaTheme2): string {
  const { colors, typography, shape } = theme;
  return `
    html, body, #root { height: auto; min-height: 100%; overflow: visible; }
    body { background: ${colors.background.canvas}; margin: 0; }
    .board { padding: 0 16px 16px; }
    .bar { display: grid; gap: 8px; padding: 12px 0 16px; font-size: 14px; }
    .bar-line { display: flex; justify-content: space-between; align-items: center; gap: 8px; min-height: 32px; }
    .crumbs { display: flex; align-items: center; gap: 4px; color: ${colors.text.secondary}; }
    .crumbs strong { color: ${colors.text.primary}; font-weight: ${typography.fontWeightMedium}; }
    .choices { display: flex; flex-wrap: wrap; gap: 8px; }
    .choice { display: flex; }
    .choice-label, .box {
      display: inline-flex; align-items: center; gap: 6px; height: 32px; padding: 0 8px;
      border: 1px solid ${colors.border.weak}; border-radius: ${shape.radius.default};
      font-size: 12px; background: ${colors.background.primary};
    }
    .choice-label { font-weight: ${typography.fontWeightMedium}; border-right: 0; }
    .choice .box, .bar-line > .box { font-size: 14px; border-color: ${colors.border.medium}; }
    .row-heading {
      display: flex; align-items: center; gap: 8px; height: 30px;
      font-size: ${typography.h5.fontSize}; font-weight: ${typography.fontWeightMedium};
    }
    .panel-link { display: flex; align-items: center; padding: 0 4px; color: ${colors.text.secondary}; }
    .notice {
      display: flex; height: 100%; align-items: center; justify-content: center; text-align: center;
      color: ${colors.text.secondary}; overflow: hidden; overflow-wrap: anywhere; font-size: ${typography.bodySmall.fontSize};
    }
    .failure { padding: 32px; color: ${colors.error.text}; font-size: 18px; }
  `;
}
