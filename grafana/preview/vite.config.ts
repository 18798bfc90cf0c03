import { cpSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const FONTS = [
  ["inter-ui/web/Inter-Regular.woff2", "inter/Inter-Regular.woff2"],
  ["inter-ui/web/Inter-Medium.woff2", "inter/Inter-Medium.woff2"],
  [
    "@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2",
    // The name by which @grafana/ui's global styles ask for it.
    "roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2",
  ],
];

/** Icons and fonts where Grafana's server would have them: under public/. */
const assets = {
  name: "grafana-assets",
  closeBundle() {
    cpSync("node_modules/@grafana/ui/dist/public", "dist/public", { recursive: true });
    for (const [from, to] of FONTS) cpSync(`node_modules/${from}`, `dist/public/fonts/${to}`);
  },
};

export default defineConfig({
  base: "./",
  resolve: {
    // @grafana/ui wants the `default` of these CommonJS packages, and the bundler would give it the package.
    alias: [
      { find: /^react-custom-scrollbars-2$/, replacement: resolve("src/scrollbars.ts") },
      { find: /^react-use\/lib\//, replacement: "react-use/esm/" },
    ],
  },
  plugins: [assets],
  define: { "process.env.NODE_ENV": '"production"' },
  build: { chunkSizeWarningLimit: 20_000, target: "es2022", reportCompressedSize: false },
});
