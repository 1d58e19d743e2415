import {
  ComponentDialog,
  type DialogTurnResult,
  type PromptOptions,
  type PromptValidatorContext,
  TextPrompt,
  WaterfallDialog,
  type WaterfallStepContext,
} from 'botbuilder-dialogs';
import { cardMessage } from '../cards/card.ts';
import { choicesCard } from '../cards/talk-cards.ts';
import { saysTime } from '../src/intent/answer.ts';
import type { ActionIntent, When } from '../src/intent/intent.ts';
import { understand } from '../src/intent/understand.ts';
import type { Inventory } from '../src/inventory.ts';
import { clock } from '../src/time.ts';
import type { DialogServices } from './root-dialog.ts';

/** What the waterfall has in hand at its end: one action on one device at one time. */
export interface ActionRequest {
  action: string;
  device: string;
  /** Epoch ms, or null for now. */
  at: number | null;
}

/** What it starts with. It lies in the dialog's stored state between two messages, so it is plain JSON. */
interface ActionOptions {
  action: string;
  intent: ActionIntent;
}

interface Gathered {
  device?: string;
}

type Step = WaterfallStepContext<ActionOptions>;

const WATERFALL = 'waterfall';
const DEVICE = 'device';
const TIME = 'time';

/** Devices offered as buttons; more than that is a list nobody reads. */
const MOST_BUTTONS = 5;

/**
 * The one waterfall of every action: asks for what is missing, shows what was understood, and ends with a
 * stored confirmation. Nothing is carried out here.
 */
export class ActionDialog extends ComponentDialog<ActionOptions> {
  readonly #services: DialogServices;

  constructor(id: string, services: DialogServices) {
    super(id);
    this.#services = services;
    this.addDialog(new TextPrompt(DEVICE, (prompt) => this.#isDevice(prompt)));
    this.addDialog(new TextPrompt(TIME, (prompt) => this.#isTime(prompt)));
    this.addDialog(
      new WaterfallDialog<ActionOptions>(WATERFALL, [
        (step) => this.#askDevice(step),
        (step) => this.#askTime(step),
        (step) => this.#confirm(step),
      ]),
    );
    this.initialDialogId = WATERFALL;
  }

  async #askDevice(step: Step): Promise<DialogTurnResult> {
    const { intent } = step.options;
    const [device, ...others] = intent.devices;
    if (device && others.length === 0 && intent.unresolved.length === 0) return await step.next(device);
    const { inventory } = this.#services;
    const offered = offer(intent, inventory).slice(0, MOST_BUTTONS);
    const say = (name: string) => `${intent.intent} ${name}${saidTime(intent.when)}`;
    const card = choicesCard(
      deviceQuestion(intent),
      'Or write its name. "cancel" ends this.',
      offered.map((name) => ({ title: name, say: say(name) })),
    );
    return await step.prompt(DEVICE, { prompt: cardMessage(card) });
  }

  async #askTime(step: Step): Promise<DialogTurnResult> {
    const { intent } = step.options;
    // The answer to "which device?" may have brought the time along.
    const said = this.#read(`reboot ${step.result}`, step.context);
    const device = this.#services.inventory.find(String(step.result))?.name ?? said.devices[0] ?? '';
    (step.values as Gathered).device = device;
    if (intent.when.kind === 'now' && said.when?.kind === 'in') return await step.next(said.when);
    if (intent.when.kind !== 'unclear') return await step.next(intent.when);
    const times = ['now', 'in 5 minutes', 'in 30 minutes', 'in 2 hours'];
    const card = choicesCard(
      `"${intent.when.text}" is not a time I understand. When shall ${device} be rebooted?`,
      'Write "now", or a delay such as "in 45 minutes". "cancel" ends this.',
      times.map((time) => ({ title: time, say: `${intent.intent} ${device} ${time}` })),
    );
    // The validator needs the device to read the answer as part of the whole sentence.
    return await step.prompt(TIME, { prompt: cardMessage(card), validations: { device } });
  }

  async #confirm(step: Step): Promise<DialogTurnResult> {
    const when = this.#whenOf(step.result, (step.values as Gathered).device ?? '', step);
    const device = (step.values as Gathered).device;
    if (!device || !when) throw new Error('The waterfall reached its end without a device and a time.');
    const at = when.kind === 'now' ? null : Date.parse(when.utc);
    const { now, locale, zoneOf } = this.#services;
    if (at !== null && at <= now()) {
      const time = clock(at, now(), { zone: zoneOf(step.context), locale });
      await step.context.sendActivity(
        `${time} has passed meanwhile. Nothing was done. Ask again if it is still wanted.`,
      );
      return await step.endDialog();
    }
    const { card, posted } = await this.#services.propose({ action: step.options.action, device, at }, step.context);
    const sent = await step.context.sendActivity(cardMessage(card));
    if (sent?.id) await posted(sent.id);
    return await step.endDialog();
  }

  /** The time from the first sentence as it was understood then, or from the answer to the question. */
  #whenOf(result: unknown, device: string, step: Step): Exclude<When, { kind: 'unclear' }> | undefined {
    const when =
      typeof result === 'string'
        ? this.#read(`${step.options.intent.intent} ${device} ${result}`, step.context).when
        : (result as When);
    return when && when.kind !== 'unclear' ? when : undefined;
  }

  async #isDevice(prompt: PromptValidatorContext<string>): Promise<boolean> {
    const text = (prompt.recognized.value ?? '').trim();
    const { inventory } = this.#services;
    if (inventory.find(text)) return true;
    const intent = this.#read(`reboot ${text}`, prompt.context);
    const isOne = intent.devices.length === 1 && intent.unresolved.length === 0;
    if (isOne && (intent.when?.kind === 'now' || intent.when?.kind === 'in')) return true;
    const suggestions = intent.unresolved.flatMap((unresolved) => unresolved.suggestions);
    const answer = choicesCard(
      `There is no device called "${text}" here.`,
      'Write the name of one device. "cancel" ends this.',
      (suggestions.length > 0 ? suggestions : names(inventory))
        .slice(0, MOST_BUTTONS)
        .map((device) => ({ title: device, say: device })),
    );
    await prompt.context.sendActivity(cardMessage(answer));
    return false;
  }

  async #isTime(prompt: PromptValidatorContext<string>): Promise<boolean> {
    const { device } = (prompt.options as PromptOptions & { validations: { device: string } }).validations;
    const intent = this.#read(`reboot ${device} ${prompt.recognized.value ?? ''}`, prompt.context);
    const isClear =
      saysTime(prompt.recognized.value ?? '') &&
      intent.when !== null &&
      intent.when.kind !== 'unclear' &&
      intent.devices.length === 1 &&
      intent.unresolved.length === 0;
    if (!isClear) {
      await prompt.context.sendActivity(
        'That is not a time I understand. Write "now", or a delay such as "in 45 minutes". "cancel" ends this.',
      );
    }
    return isClear;
  }

  #read(text: string, context: Step['context']) {
    const { inventory, locale, now, zoneOf } = this.#services;
    return understand(text, { now: new Date(now()), zone: zoneOf(context), locale, inventory, processes: [] });
  }
}

function deviceQuestion({ devices, unresolved }: ActionIntent): string {
  const [missing] = unresolved;
  if (missing)
    return `There is no device called "${missing.text}" here.${missing.suggestions.length > 0 ? ' Did you mean one of these?' : ' Which device is meant?'}`;
  return devices.length > 1 ? 'One device at a time. Which one first?' : 'Which device do you want to reboot?';
}

function offer({ devices, unresolved }: ActionIntent, inventory: Inventory): string[] {
  const suggestions = unresolved.flatMap((missing) => missing.suggestions);
  if (suggestions.length > 0) return suggestions;
  return devices.length > 1 ? devices : names(inventory);
}

const names = (inventory: Inventory) => inventory.all().map(({ name }) => name);

/** The time as it was said, for a button that repeats the whole sentence: nothing of it may get lost. */
function saidTime(when: When): string {
  switch (when.kind) {
    case 'now':
      return '';
    case 'in':
      return ` in ${when.minutes} minutes`;
    case 'at':
      return ` at ${when.utc}`;
    case 'unclear':
      return ` ${when.text}`;
  }
}
