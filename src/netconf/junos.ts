/** What can be asked of a Junos device and done to it, one file each, over any session. Their types are there too. */
export { type CancelOutcome, cancelReboot } from './cancel.ts';
export { cleanUp } from './clean-up.ts';
export { commandText, InvalidCommand } from './command.ts';
export { InvalidPath } from './device-path.ts';
export { type EngineChoice, type Platform, scheduleChoice } from './engine-choice.ts';
export type { EngineFacts } from './engines.ts';
export { type Facts, facts } from './facts.ts';
export { type FetchOptions, fetchFile } from './fetch.ts';
export { archiveFiles, deleteFile, type FileOutcome, getFile, listFiles, sha256 } from './files.ts';
export { type PendingReboot, pendingReboot } from './pending.ts';
export { reboot } from './reboot.ts';
export { type RestartMode, type RestartOutcome, restartProcess } from './restart.ts';
export { runCommands } from './run-commands.ts';
export { fileSystemOf, storage } from './storage.ts';
export { requestSupportInformation } from './support.ts';
export { supportLimitMs } from './support-limit.ts';
export { saveSupportInformation } from './support-save.ts';
export { TransferError } from './transfer-error.ts';
