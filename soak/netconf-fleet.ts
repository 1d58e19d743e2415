import { type FleetOptions, startFleet } from '../test/fakes/fleet.ts';

/** The devices in a process of their own, so that their memory is not ours; ends when its parent lets go. */
const fleet = await startFleet(JSON.parse(process.argv[2] ?? '{}') as FleetOptions);
process.on('disconnect', () => void fleet.stop().then(() => process.exit()));
process.send?.(fleet.devices);
