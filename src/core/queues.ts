/** Names of the three task queues, from the base name that workflows run on. */
export const DEFAULT_QUEUE = 'perennial';

export const queueNames = (base: string) => ({ base, data: `${base}-data`, train: `${base}-train` });
