// Asks a GGUF file a question in llama.cpp: node chat.mjs FOLDER/node_modules FILE.gguf QUESTION
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";
import {join, resolve} from "node:path";

const [modules, file, question] = process.argv.slice(2);
const from = createRequire(join(resolve(modules), "x.js"));
const {getLlama, LlamaChatSession, LlamaLogLevel} = await import(pathToFileURL(from.resolve("node-llama-cpp")));
const llama = await getLlama({gpu: false, build: "never", maxThreads: 1, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: resolve(file)});
const context = await model.createContext({contextSize: 1024});
const session = new LlamaChatSession({contextSequence: context.getSequence(), systemPrompt: ""});
console.log(await session.prompt(question, {temperature: 0, maxTokens: 96}));
process.exit(0);
