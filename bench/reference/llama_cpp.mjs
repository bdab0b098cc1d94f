// Runs a GGUF file in llama.cpp through node-llama-cpp and prints JSON: the log-probabilities of ids, a greedy
// continuation of them, and the ids of texts. Reads the request as JSON from stdin:
// {"model": FILE, "ids": [int], "greedy": N, "texts": [string]}
// Resolve node-llama-cpp with NODE_PATH's folder: node llama_cpp.mjs FOLDER/node_modules < request.json
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {join, resolve} from "node:path";
import {readFileSync} from "node:fs";

const from = createRequire(join(resolve(process.argv[2]), "x.js"));
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(from.resolve("node-llama-cpp")));
const request = JSON.parse(readFileSync(0, "utf8"));
const llama = await getLlama({gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 2});
const model = await llama.loadModel({modelPath: request.model, useMmap: false});
const out = {tokens: request.texts.map(text => model.tokenize(text, true, "trimLeadingSpace"))};
out.plain = request.texts.map(text => model.tokenize(text, true));

const context = await model.createContext({contextSize: request.context ?? 64, batchSize: 512, threads: 2, flashAttention: false,
    experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32"});
const sequence = context.getSequence();
const logits = {generateNext: {logits: true, options: {temperature: 0}}};

async function next(tokens) {
    const results = await sequence.controlledEvaluate(tokens.map(token => [token, logits]));
    return results.map(result => result.next.logits);
}

function logprob(row, token) {
    let max = -Infinity;
    for (const value of row.values()) max = Math.max(max, value);
    let sum = 0;
    for (const value of row.values()) sum += Math.exp(value - max);
    return row.get(token) - max - Math.log(sum);
}

function best(row) {
    let found = null;
    for (const [token, value] of row) {
        if (found == null || value > row.get(found) || (value === row.get(found) && token < found)) found = token;
    }
    return found;
}

const rows = await next(request.ids);
out.logprobs = request.ids.slice(1).map((token, i) => logprob(rows[i], token));
out.greedy = [];
let last = rows[rows.length - 1];
while (out.greedy.length < request.greedy) {
    const token = best(last);
    out.greedy.push(token);
    if (model.isEogToken(token)) break;
    last = (await next([token]))[0];
}
out.text = model.detokenize(out.greedy, true);
console.log(JSON.stringify(out));
process.exit(0);
