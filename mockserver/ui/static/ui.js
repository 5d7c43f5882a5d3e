// The one place that knows the library: Preact, with htm for markup in template literals.
import { h, render, Fragment } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export { render, Fragment };
export { useState, useEffect, useLayoutEffect, useMemo, useRef, useCallback } from "./vendor/hooks.js";
export const html = htm.bind(h);
