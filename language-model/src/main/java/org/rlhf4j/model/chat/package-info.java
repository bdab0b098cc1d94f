/** Dialogues as a model reads them: messages, rendered by the model's own chat template. */
package org.rlhf4j.model.chat;
