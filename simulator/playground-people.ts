/** A person in the Playground's tenant. `userPrincipleName` is spelled the way the Playground's schema has it. */
export interface PlaygroundPerson {
  readonly id: string;
  readonly name: string;
  readonly userPrincipleName: string;
  readonly aadObjectId: string;
  readonly givenName: string;
  readonly surname: string;
  readonly email: string;
}

/** Ids have the shape Teams gives them, so that code which takes them apart or escapes them is exercised. */
function person(givenName: string, surname: string, number: number): PlaygroundPerson {
  const address = `${givenName}.${surname}@contoso.example`.toLowerCase();
  return {
    id: `29:1${givenName}${surname}`,
    name: `${givenName} ${surname}`,
    userPrincipleName: address,
    aadObjectId: `00000000-0000-4000-8000-00000000002${number}`,
    givenName,
    surname,
    email: address,
  };
}

/** Alex sits at the keyboard; the others are members of the group chat and the team. */
export const PEOPLE = {
  alex: person('Alex', 'Wilber', 0),
  megan: person('Megan', 'Bowen', 1),
  adele: person('Adele', 'Vance', 2),
  diego: person('Diego', 'Siciliani', 3),
  lynne: person('Lynne', 'Robbins', 4),
  grady: person('Grady', 'Archie', 5),
} as const;

export const TENANT_ID = '00000000-0000-4000-8000-000000000001';

export const BOT = { id: '28:00000000-0000-4000-8000-000000000011', name: 'Network Assistant' } as const;

/** Conversation ids. A team's General channel has the id of the team. */
export const CONVERSATIONS = {
  personal: 'a:1personal-chat-of-alex',
  group: '19:network-on-call@thread.v2',
  general: '19:network-team-general@thread.tacv2',
  alerts: '19:network-team-alerts@thread.tacv2',
} as const;

/** The names shown in the tree on the left of the Playground. */
export const NAMES = { group: 'Network on call', team: 'Network Team', alerts: 'Alerts' } as const;

/** Content of `.m365agentsplayground.yml`, schema 0.1.1: it wants exactly five users besides the current one. */
export function playgroundConfig(): object {
  const { alex, ...others } = PEOPLE;
  return {
    version: '0.1.1',
    tenantId: TENANT_ID,
    bot: BOT,
    currentUser: alex,
    users: Object.values(others),
    personalChat: { id: CONVERSATIONS.personal },
    groupChat: { id: CONVERSATIONS.group, name: NAMES.group },
    team: {
      id: CONVERSATIONS.general,
      name: NAMES.team,
      aadGroupId: '00000000-0000-4000-8000-000000000031',
      channels: [{ id: CONVERSATIONS.alerts, name: NAMES.alerts }],
    },
  };
}
