// @ts-expect-error: the package types only its root, for which this module stands.
export { Scrollbars as default } from "react-custom-scrollbars-2/lib/index.js";
