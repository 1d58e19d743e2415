import { readFileSync } from 'node:fs';

export interface Instruction {
  name: string;
  /** What follows the name, its continued lines joined by one space. */
  text: string;
}

export interface Stage {
  image: string;
  instructions: Instruction[];
}

/** The stages of the Dockerfile, in order; comments and the escapes of line ends are gone. */
export function readDockerfile(): Stage[] {
  const lines = readFileSync('Dockerfile', 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .join('\n')
    .replace(/\s*\\\n\s*/g, ' ')
    .split('\n');
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, name = '', text = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push({ image: text.split(' ')[0] ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

/** What the last stage copies from the project, in the order of its lines: sources and where they go below /app. */
export function copiedFromProject(stages: Stage[]): { sources: string[]; to: string }[] {
  return (stages.at(-1)?.instructions ?? [])
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from'))
    .map(({ text }) => {
      const parts = text.split(/\s+/);
      return { sources: parts.slice(0, -1), to: parts.at(-1) ?? '' };
    });
}
