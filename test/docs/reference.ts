import { z } from 'zod';
import {
  assistantSchema,
  devicesSchema,
  entitiesSchema,
  junosConfigSchema,
  showCommandsSchema,
} from '../../src/config/schemas.ts';
import { secretsSchema } from '../../src/secrets/schema.ts';

/** The part of JSON Schema that the schemas of the configuration use. */
interface Node {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Node[];
  items?: Node;
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  required?: string[];
  default?: unknown;
  description?: string;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
}

const FILES: [file: string, what: string, schema: z.ZodType][] = [
  ['assistant.yaml', 'The program itself.', assistantSchema],
  ['devices.yaml', 'One YAML document for each site.', devicesSchema],
  ['junos-config.yaml', 'The webhook and what its events mean.', junosConfigSchema],
  ['entities.yaml', 'The words it knows.', entitiesSchema],
  [
    'secrets.yaml',
    'YAML documents, each with a type and its entries. NAME is a regular expression searched in the name of the device; of those that match, the first from the top is used.',
    secretsSchema,
  ],
  [
    'show-commands.yaml',
    'A list of up to 200 Junos commands that begin with `show`: what the extensive logs have beside the usual ones.',
    showCommandsSchema,
  ],
];

/** Where the generated part of the page begins and ends. */
const MARKS = ['<!-- made by npm run docs -->', '<!-- end -->'] as const;

/** The page with its tables as the schemas have them now. Throws when it has no place for them. */
export function withReference(page: string): string {
  const [from, to] = MARKS.map((mark) => page.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) throw new Error(`The page lacks its marks: ${MARKS.join(' ')}`);
  return `${page.slice(0, from + MARKS[0].length)}\n\n${reference()}\n${page.slice(to)}`;
}

/** A table for each file, in Markdown. Throws for a key without a description. */
function reference(): string {
  return FILES.map(([file, what, schema]) => {
    const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Node;
    const rows = [...keysOf(node, '')].map((cells) => `| ${cells.map(cell).join(' | ')} |\n`);
    const table = rows.length === 0 ? '' : `\n| key | value | default | |\n|---|---|---|---|\n${rows.join('')}`;
    return `## ${file}\n\n${what}\n${table}`;
  }).join('\n');
}

/** Every key, its mapping's keys behind it: `logs`, `logs.folder`. `[]` is each entry of a list, `NAME` any name. */
function* keysOf(node: Node, path: string): Generator<[string, string, string, string]> {
  const inner = mapping(node);
  if (!inner) return;
  const { properties = {}, additionalProperties, required = [] } = inner;
  const named =
    typeof additionalProperties === 'object' && kind(additionalProperties) !== '' ? additionalProperties : null;
  for (const [name, key] of [...Object.entries(properties), ...(named ? [['NAME', named] as const] : [])]) {
    const at = path === '' ? name : `${path}.${name}`;
    const absent = required.includes(name) ? 'required' : '';
    const initial =
      key.default === undefined ? absent : isEmptyMapping(key.default) ? '' : `\`${JSON.stringify(key.default)}\``;
    // What a NAME may hold is said where the mapping is.
    if (!key.description && name !== 'NAME') throw new Error(`${at} has no description in its schema.`);
    yield [`\`${at}\``, kind(key), initial, key.description ?? ''];
    const list = branches(key).find(({ items }) => items && mapping(items));
    if (list?.items) yield* keysOf(list.items, `${at}[]`);
    else yield* keysOf(key, at);
  }
}

const branches = (node: Node): Node[] => node.anyOf?.flatMap(branches) ?? [node];
const mapping = (node: Node) =>
  branches(node).find(({ properties, additionalProperties }) => properties ?? isNode(additionalProperties));
const isNode = (value: unknown) => typeof value === 'object' && value !== null;
const isEmptyMapping = (value: unknown) =>
  isNode(value) && !Array.isArray(value) && Object.keys(value as object).length === 0;

/** What a value may be, in words: `number 1 to 60`, `sqlite or mssql`, `text, or list of up to 2 texts`. */
function kind(given: Node): string {
  const node = Array.isArray(given.type) ? { ...given, type: given.type.find((one) => one !== 'null') } : given;
  if (node.anyOf) {
    const kinds = node.anyOf.filter(({ type }) => type !== 'null').map(kind);
    return [...new Set(kinds)].filter((one) => one !== '').join(', or ');
  }
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum)
    return node.enum
      .map((value) => `\`${value}\``)
      .join(', ')
      .replace(/, (?=[^,]*$)/, ' or ');
  if (node.type === 'array') {
    const most = node.maxItems === undefined ? '' : ` of up to ${node.maxItems}`;
    const of = node.items ? kind(node.items) : '';
    return `list${most}${of === '' ? '' : `: ${of}`}`;
  }
  if (node.type === 'object') return 'mapping';
  if (node.type === 'boolean') return '`true` or `false`';
  if (node.type === 'integer') return `number ${node.minimum} to ${node.maximum}`;
  return node.type === 'string' ? 'text' : '';
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
