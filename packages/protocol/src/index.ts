export * from './close-codes';
export * from './errors';
export * from './events';
export * from './limits';
export * from './model';
export * from './product';
