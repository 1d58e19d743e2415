import { AssistantError } from '../errors.ts';

/**
 * What can go wrong with the transfer of one file, once the connection is there:
 * `file-missing` no such file; `file-permission` this user may not read it; `no-transfer` the device offers no way that
 * would do; `transfer-lost` the connection was cut, and what is left did not come; `file-changed` its size or its time
 * is not what it was; `checksum-differs` the bytes are not those of the device; `sink-failed` where they go did not take them.
 */
export type TransferErrorCode =
  | 'file-missing'
  | 'file-permission'
  | 'no-transfer'
  | 'transfer-lost'
  | 'file-changed'
  | 'checksum-differs'
  | 'sink-failed';

/** A file did not come, or not as it is on the device. Whatever the sink got then must not be used. */
export class TransferError extends AssistantError {
  declare readonly code: TransferErrorCode;

  constructor(code: TransferErrorCode, sentence: string, cause?: unknown) {
    super(code, sentence, cause === undefined ? undefined : { cause });
    this.name = 'TransferError';
  }
}
