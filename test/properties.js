// What is drawn at random is the same in each run, so that a failure concerns the change at hand and can be repeated.
// PROPERTY_SEED=N draws something else; 0 lets the clock choose.
import fc from 'fast-check';

fc.configureGlobal({seed: Number(process.env.PROPERTY_SEED ?? 1) || Date.now()});
