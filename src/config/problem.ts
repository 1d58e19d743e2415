/** One finding: `file: path: what`. A warning does not keep the bot from starting. */
export interface Problem {
  level: 'error' | 'warning';
  file: string;
  path: string;
  what: string;
  /** Counted from 1, where the file has it. */
  line?: number;
}

/** As one line, the way `check` prints it. Never holds a value from the file, so never a secret. */
export const problemLine = (problem: Problem) =>
  `${problem.file}: ${problem.path === '' ? 'file' : problem.path}: ${problem.level === 'warning' ? 'warning: ' : ''}${problem.what}${problem.line === undefined ? '' : ` (line ${problem.line})`}`;
