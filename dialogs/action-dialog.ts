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
import { deviceQuestionCard, processQuestionCard, timeQuestionCard } from '../cards/talk-cards.ts';
import { mayDo, type Right, rightsOf } from '../src/access.ts';
import { type Inputs, namesOf } from '../src/actions/action.ts';
import { saysTime } from '../src/intent/answer.ts';
import type { Intent, When } from '../src/intent/intent.ts';
import { processNames } from '../src/intent/processes.ts';
import { sentenceOf } from '../src/intent/say.ts';
import { withoutSecrets } from '../src/intent/secrets.ts';
import { whyUnclear } from '../src/intent/when.ts';
import { clock, type Reader } from '../src/time.ts';
import { type DialogServices, understood } from './services.ts';

/** What it starts with. It lies in the dialog's stored state between two messages, so it is plain JSON. */
interface ActionOptions {
  action: Right;
  intent: Intent;
}

interface Gathered {
  devices: string[];
  process: string | null;
  when: ClearTime;
}

type ClearTime = Exclude<When, { kind: 'unclear' }>;
type Step = WaterfallStepContext<ActionOptions>;
type Validations = { action: Right; intent: Intent; devices: string[] };

const WATERFALL = 'waterfall';
const DEVICES = 'devices';
const PROCESS = 'process';
const TIME = 'time';

/** Suggestions offered as buttons; more than that is a list nobody reads. */
const MOST_BUTTONS = 5;
const NOW: ClearTime = { kind: 'now' };

/**
 * The one waterfall of every action: asks for what is missing, shows what was understood, and ends with a
 * stored confirmation. Nothing is carried out here.
 */
export class ActionDialog extends ComponentDialog<ActionOptions> {
  readonly #services: DialogServices;

  constructor(id: string, services: DialogServices) {
    super(id);
    this.#services = services;
    this.addDialog(new TextPrompt(DEVICES, (prompt) => this.#areDevices(prompt)));
    this.addDialog(new TextPrompt(PROCESS, (prompt) => this.#isProcess(prompt)));
    this.addDialog(new TextPrompt(TIME, (prompt) => this.#isTime(prompt)));
    this.addDialog(
      new WaterfallDialog<ActionOptions>(WATERFALL, [
        (step) => this.#askDevices(step),
        (step) => this.#askProcess(step),
        (step) => this.#askTime(step),
        (step) => this.#confirm(step),
      ]),
    );
    this.initialDialogId = WATERFALL;
  }

  async #askDevices(step: Step): Promise<DialogTurnResult> {
    const { intent, action } = step.options;
    if (intent.devices.length > 0 && intent.unresolved.length === 0) return await step.next(null);
    const { recentDevices } = this.#services;
    const allowed = this.#allowed(action, step.context);
    const mine = new Set(allowed);
    const suggestions = intent.unresolved.flatMap((missing) => missing.suggestions);
    const recent = suggestions.length > 0 ? [] : await recentDevices(step.context);
    // A short list is on the buttons whole.
    const few = suggestions.length === 0 && allowed.length <= MOST_BUTTONS ? allowed : [];
    const suggested = [...new Set([...suggestions, ...recent, ...few])]
      .filter((name) => mine.has(name))
      .slice(0, MOST_BUTTONS);
    const card = deviceQuestionCard({
      question: deviceQuestion(intent),
      hint: 'Or write its name. "cancel" ends this.',
      // The whole sentence, so that the button works long after the question is forgotten.
      suggested: suggested.map((name) => withOthers(intent, name)),
      all: few.length > 0 ? [] : allowed.map((name) => ({ title: name, value: name })),
    });
    const validations: Validations = { action, intent, devices: intent.devices };
    return await step.prompt(DEVICES, { prompt: cardMessage(card), validations });
  }

  async #askProcess(step: Step): Promise<DialogTurnResult> {
    const { action, intent } = step.options;
    const gathered = step.values as Gathered;
    // The answer to "which device?" may have brought the time along.
    const said = step.result === null ? null : this.#devicesIn(String(step.result), intent, step.context);
    gathered.devices = [...new Set([...intent.devices, ...(said?.devices ?? [])])];
    gathered.when = said?.when ?? NOW;
    if (intent.intent !== 'restart-process' || intent.process !== null) return await step.next(null);
    const { processes } = this.#services;
    const { devices } = gathered;
    const unknown = intent.unresolvedProcess;
    const card = processQuestionCard({
      question:
        unknown === null
          ? `Which process shall be restarted on ${namesOf(devices)}?`
          : `There is no Junos process called "${unknown.text}". Which one shall be restarted on ${namesOf(devices)}?`,
      hint: 'Or write its name. "cancel" ends this.',
      suggested: [
        ...(unknown?.suggestions ?? [])
          .slice(0, MOST_BUTTONS)
          .map((process) => ({ title: process, say: sentenceOf(intent, { devices, process }) })),
        // "restart hq-fw01" may have meant all of it.
        ...(unknown === null
          ? [{ title: `Reboot ${namesOf(devices)}`, say: sentenceOf(asReboot(intent), { devices }) }]
          : []),
      ],
      all: processNames(processes).map((name) => ({ title: name, value: name })),
    });
    const validations: Validations = { action, intent, devices };
    return await step.prompt(PROCESS, { prompt: cardMessage(card), validations });
  }

  async #askTime(step: Step): Promise<DialogTurnResult> {
    const { action, intent } = step.options;
    const gathered = step.values as Gathered;
    gathered.process = intent.process ?? (step.result === null ? null : this.#processIn(String(step.result), step));
    const { when } = intent;
    if (intent.intent !== 'reboot' || when === null) return await step.next(NOW);
    if (when.kind !== 'unclear') return await step.next(when.kind === 'now' ? gathered.when : when);
    const { now } = this.#services;
    const reader = this.#reader(step.context);
    const { devices } = gathered;
    const card = timeQuestionCard({
      question: `When shall ${namesOf(devices)} be rebooted?`,
      why: whyUnclear(when),
      choices: when.choices.map((utc) => ({
        title: clock(Date.parse(utc), now(), reader),
        say: sentenceOf(intent, { devices, when: `at ${utc}` }),
      })),
    });
    // The validator needs the devices to read the answer as part of the whole sentence.
    const validations: Validations = { action, intent, devices };
    return await step.prompt(TIME, { prompt: cardMessage(card), validations });
  }

  async #confirm(step: Step): Promise<DialogTurnResult> {
    const { intent, action } = step.options;
    const { devices, process } = step.values as Gathered;
    const when =
      typeof step.result === 'string' ? this.#timeIn(step.result, devices, step.context) : (step.result as ClearTime);
    if (devices.length === 0 || !when) throw new Error('The waterfall reached its end without devices and a time.');
    const { inventory, access, now, speakerOf, record, propose } = this.#services;
    const { person, place } = speakerOf(step.context);
    // Looked at again: the devices may have come with an answer.
    const named = devices.flatMap((name) => inventory.find(name) ?? []);
    const verdict = mayDo(person, action, named, place, access);
    if (!verdict.isAllowed) {
      record(
        { kind: 'refused', intent: { ...intent, devices }, result: verdict.reason, detail: verdict.sentence },
        step.context,
      );
      await step.context.sendActivity(verdict.sentence);
      return await step.endDialog();
    }
    const at = when.kind === 'now' ? null : Date.parse(when.utc);
    if (at !== null && at <= now()) {
      await step.context.sendActivity(
        `${clock(at, now(), this.#reader(step.context))} has passed meanwhile. Nothing was done. Ask again if it is still wanted.`,
      );
      return await step.endDialog();
    }
    if (intent.intent !== 'reboot' && intent.when !== null) {
      await step.context.sendActivity('This happens when you confirm it; only a reboot can be given a time.');
    }
    const parameters: Inputs =
      intent.intent === 'reboot'
        ? { at }
        : intent.intent === 'restart-process'
          ? { process: process ?? '', mode: intent.mode ?? 'graceful' }
          : intent.intent === 'collect-logs'
            ? { extensive: intent.extensive }
            : {};
    const { card, posted } = await propose({ action, devices, parameters }, step.context);
    const sent = await step.context.sendActivity(cardMessage(card));
    await posted(sent?.id);
    return await step.endDialog();
  }

  /** Devices named by an answer, with the time that came along; undefined when it names none, or one nobody knows. */
  #devicesIn(
    text: string,
    asked: Intent,
    context: Step['context'],
  ): { devices: string[]; when: ClearTime } | undefined {
    const { inventory } = this.#services;
    // As it stands, for a device whose name means something else in a sentence.
    const exact = inventory.find(text.trim());
    if (exact) return { devices: [exact.name], when: NOW };
    const { devices, unresolved, when } = this.#read(`reboot ${text}`, context);
    if (devices.length === 0 || unresolved.length > 0 || when === null || when.kind === 'unclear') return undefined;
    // The first sentence had its time: a second one contradicts it.
    if (when.kind !== 'now' && asked.when !== null && asked.when.kind !== 'now') return undefined;
    return { devices, when };
  }

  /** An answer to "when?": "17:00", and "45 minutes" as well as "in 45 minutes". */
  #timeIn(text: string, devices: readonly string[], context: Step['context']): ClearTime | undefined {
    return this.#clearTime(text, devices, context) ?? this.#clearTime(`in ${text}`, devices, context);
  }

  #clearTime(text: string, devices: readonly string[], context: Step['context']): ClearTime | undefined {
    if (!saysTime(text)) return undefined;
    const { when, devices: read, unresolved } = this.#read(`reboot ${devices.join(', ')} ${text}`, context);
    const isSame = unresolved.length === 0 && read.length === devices.length;
    return isSame && when !== null && when.kind !== 'unclear' ? when : undefined;
  }

  #processIn(text: string, { context }: Pick<Step, 'context'>): string | null {
    const { inventory } = this.#services;
    const [first] = inventory.all();
    return first ? this.#read(`restart ${text} on ${first.name}`, context).process : null;
  }

  async #areDevices(prompt: PromptValidatorContext<string>): Promise<boolean> {
    const text = (prompt.recognized.value ?? '').trim();
    const { action, intent } = validationsOf(prompt);
    if (this.#devicesIn(text, intent, prompt.context)) return true;
    const allowed = this.#allowed(action, prompt.context);
    const mine = new Set(allowed);
    const missing = this.#read(`reboot ${text}`, prompt.context).unresolved;
    const suggestions = missing.flatMap((unresolved) => unresolved.suggestions).filter((name) => mine.has(name));
    const card = deviceQuestionCard({
      question: `There is no device called "${missing[0]?.text ?? withoutSecrets(text)}" here.`,
      hint: 'Write the name of a device. "cancel" ends this.',
      suggested: suggestions.slice(0, MOST_BUTTONS).map((device) => withOthers(intent, device)),
      all: allowed.map((name) => ({ title: name, value: name })),
    });
    await prompt.context.sendActivity(cardMessage(card));
    return false;
  }

  async #isProcess(prompt: PromptValidatorContext<string>): Promise<boolean> {
    const text = (prompt.recognized.value ?? '').trim();
    if (this.#processIn(text, prompt) !== null) return true;
    const { intent, devices } = validationsOf(prompt);
    const [first] = this.#services.inventory.all();
    const near = first ? this.#read(`restart ${text} on ${first.name}`, prompt.context).unresolvedProcess : null;
    const card = processQuestionCard({
      question: `There is no Junos process called "${withoutSecrets(text)}".`,
      hint: 'Write its name as Junos has it, such as routing. "cancel" ends this.',
      suggested: (near?.suggestions ?? [])
        .slice(0, MOST_BUTTONS)
        .map((process) => ({ title: process, say: sentenceOf(intent, { devices, process }) })),
      all: processNames(this.#services.processes).map((name) => ({ title: name, value: name })),
    });
    await prompt.context.sendActivity(cardMessage(card));
    return false;
  }

  async #isTime(prompt: PromptValidatorContext<string>): Promise<boolean> {
    const text = (prompt.recognized.value ?? '').trim();
    const { intent, devices } = validationsOf(prompt);
    if (this.#timeIn(text, devices, prompt.context)) return true;
    const { when } = this.#read(`reboot ${devices.join(', ')} ${text}`, prompt.context);
    const { now } = this.#services;
    const reader = this.#reader(prompt.context);
    const unclear = when?.kind === 'unclear' ? when : null;
    const card = timeQuestionCard({
      question: `When shall ${namesOf(devices)} be rebooted?`,
      why: unclear ? whyUnclear(unclear) : `"${withoutSecrets(text)}" is not a time I understand.`,
      choices: (unclear?.choices ?? []).map((utc) => ({
        title: clock(Date.parse(utc), now(), reader),
        say: sentenceOf(intent, { devices, when: `at ${utc}` }),
      })),
    });
    await prompt.context.sendActivity(cardMessage(card));
    return false;
  }

  /** The devices this person may do it to, here: nobody is offered, or told of, others. */
  #allowed(action: Right, context: Step['context']): string[] {
    const { inventory, access, speakerOf } = this.#services;
    const { person, place } = speakerOf(context);
    return rightsOf(person, place, access).devicesFor(action, inventory.all());
  }

  #reader(context: Step['context']): Reader {
    const { speakerOf, locale } = this.#services;
    return { zone: speakerOf(context).zone, locale };
  }

  #read(text: string, context: Step['context']): Intent {
    return understood(text, this.#services, context);
  }
}

/** With the time that was said for it, if any. */
const asReboot = (intent: Intent): Intent => ({ ...intent, intent: 'reboot', when: intent.when ?? NOW });

const validationsOf = (prompt: PromptValidatorContext<string>) =>
  (prompt.options as PromptOptions & { validations: Validations }).validations;

/** A button that answers with one device, and says which others it takes along. */
function withOthers(intent: Intent, device: string): { title: string; say: string } {
  const devices = [...new Set([...intent.devices, device])];
  const others = devices.filter((name) => name !== device);
  const title = others.length === 0 ? device : `${device}, with ${namesOf(others)}`;
  return { title, say: sentenceOf(intent, { devices }) };
}

function deviceQuestion({ intent, unresolved }: Intent): string {
  const [missing] = unresolved;
  if (!missing) {
    if (intent === 'reboot') return 'Which device shall be rebooted?';
    return intent === 'collect-logs' ? 'Whose logs shall be collected?' : 'Which device is meant?';
  }
  const offer = missing.suggestions.length > 0 ? 'Did you mean one of these?' : 'Which device is meant?';
  return `There is no device called "${missing.text}" here. ${offer}`;
}
