// What TensorFlow.js saves of a layers model, without a disk.
import * as tf from "@tensorflow/tfjs";

export interface SavedModel {
  /** The text of model.json. */
  readonly json: string;
  /** Of weights.bin. */
  readonly bytes: Uint8Array;
}

export async function save(model: tf.LayersModel): Promise<SavedModel> {
  let saved: tf.io.ModelArtifacts | null = null;
  await model.save(
    tf.io.withSaveHandler((artifacts) => {
      saved = artifacts;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" as const } });
    }),
  );
  const { modelTopology, weightSpecs, weightData, format } = saved! as tf.io.ModelArtifacts;
  const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
  return {
    json: JSON.stringify({ format, modelTopology, weightsManifest }),
    bytes: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
  };
}
