/** What survey-core touches of a browser even without a page. */
const nothing = () => {};
globalThis.setTimeout ??= nothing;
globalThis.clearTimeout ??= nothing;
globalThis.console ??= { log: nothing, warn: nothing, error: nothing };
