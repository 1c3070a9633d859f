// The door of the metrics: what other rooms may use.
export { calibrate } from "./metrics/calibration.ts";
export { evaluate, LEAST_PROBABILITY, type Prediction, wilson } from "./metrics/evaluation.ts";
export { ascending, aucDeLong, type Interval, placements, weightedAuc, Z_95 } from "./metrics/ranking.ts";
export { determination, meanAbsoluteError } from "./metrics/regression.ts";
export { chooseTemperature } from "./metrics/temperature.ts";
export { chooseThreshold } from "./metrics/threshold.ts";
