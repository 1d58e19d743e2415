import { sentenceOf } from '../errors.ts';
import { deleteFile, listFiles } from './files.ts';
import type { OperationOptions, RpcSession } from './operation.ts';

/** What became of files that the assistant made on a device. */
export interface CleanUp {
  /** Were there, and are not any more. */
  removed: string[];
  /** Were not there. */
  absent: string[];
  /** Are still there, or could not be looked for. `text` is a sentence, or the device's own words. */
  left: { path: string; text: string }[];
}

/**
 * Deletes files and looks whether they are gone; each path is tried, whatever became of the others. Needs nothing of the
 * session in which they were made: after that one died, give it a new one. Never throws.
 */
export async function cleanUp(
  session: RpcSession,
  paths: readonly string[],
  options: OperationOptions = {},
): Promise<CleanUp> {
  const result: CleanUp = { removed: [], absent: [], left: [] };
  for (const path of paths) {
    try {
      const found = await listFiles(session, path, options);
      if (!found.found || found.files.length === 0) {
        result.absent.push(path);
        continue;
      }
      const deleted = await deleteFile(session, path, options);
      if (deleted.outcome === 'done') result.removed.push(path);
      else if (deleted.outcome === 'refused' && deleted.reason === 'not-found') result.absent.push(path);
      else result.left.push({ path, text: deleted.text });
    } catch (error) {
      result.left.push({ path, text: sentenceOf(error) });
    }
  }
  return result;
}
