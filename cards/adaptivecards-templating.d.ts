/** The part of adaptivecards-templating that is used; its own types drag TypeScript sources of another package in. */
export class Template {
  constructor(payload: object);
  expand(context: { $root: object }): unknown;
}
