import type { AnyAction } from './action.ts';
import { cancelRebootAction } from './cancel-reboot.ts';
import { collectLogsAction } from './collect-logs.ts';
import { rebootAction } from './reboot.ts';
import { restartProcessAction } from './restart-process.ts';

/** Everything that can be done to a device. Adding one is a file beside these and a line here. */
export const actions: readonly AnyAction[] = [
  rebootAction,
  cancelRebootAction,
  restartProcessAction,
  collectLogsAction,
];

/** The action of that name. Throws when there is none: a stored job of a version that could do more. */
export function actionNamed(name: string): AnyAction {
  const found = actions.find((action) => action.name === name);
  if (!found) throw new Error(`There is no action ${name}.`);
  return found;
}
