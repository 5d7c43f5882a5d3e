// Reading the document that the mock serves: the same JSON as any tool would read.
import { control } from "./api.js";

let loaded = null;

/** The document of this digest, loaded once. Without a digest the mock has not told of it yet: that never ends. */
export function loadDocument(digest) {
  if (!digest) return new Promise(() => {});
  if (loaded?.digest !== digest) {
    const promise = control("openapi.json");
    promise.catch(() => (loaded = null));
    loaded = { digest, promise };
  }
  return loaded.promise;
}

export function resolve(document, node) {
  let at = node;
  for (let depth = 0; at?.$ref && depth < 20; depth++) {
    at = at.$ref
      .slice(2)
      .split("/")
      .reduce((found, key) => found?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], document);
  }
  return at ?? {};
}

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);

/** The operations in the order of the document. */
export function operationsOf(document) {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item).filter((key) => METHODS.has(key)).map((method) => ({
      id: item[method].operationId,
      method: method.toUpperCase(),
      path,
      summary: item[method].summary ?? "",
      description: item[method].description ?? "",
      tags: item[method].tags ?? [],
      node: item[method],
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map((one) => resolve(document, one)),
    })),
  );
}

/** The body of an operation: {type, fields}; null where it has none. A field is what a form needs to know of it. */
export function bodyOf(document, operation) {
  const content = resolve(document, operation.node.requestBody ?? {}).content ?? {};
  const type = Object.keys(content)[0];
  if (!type) return null;
  const schema = resolve(document, content[type].schema);
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([name, raw]) =>
    fieldOf(document, name, raw, required.has(name), content[type].encoding?.[name]),
  );
  return { type, fields };
}

export function fieldOf(document, name, raw, required, encoding) {
  const schema = resolve(document, raw);
  return {
    name,
    required,
    description: schema.description ?? raw.description ?? "",
    isFile: Boolean(encoding?.contentType) || schema.format === "binary" || schema.contentMediaType === "application/octet-stream",
    types: encoding?.contentType?.split(",").map((one) => one.trim()) ?? [],
    matches: schema["x-dimensions-match"] ?? null,
    enum: schema.enum ?? null,
    default: schema.default ?? null,
    example: schema.examples?.[0] ?? schema.example ?? null,
    maxLength: schema.maxLength ?? null,
    type: schema.type ?? "string",
  };
}

/** The examples of errors by the rule that they are named after. */
export function errorExamples(document) {
  const found = {};
  for (const response of Object.values(document.components?.responses ?? {})) {
    for (const media of Object.values(response.content ?? {})) {
      for (const [name, example] of Object.entries(media.examples ?? {})) {
        found[name] ??= resolve(document, example).value;
      }
    }
  }
  return found;
}
