/**
 * Dialogues as a model reads them: {@link org.rlhf4j.model.chat.ChatTemplate} renders messages by
 * the model's own template, {@link org.rlhf4j.model.chat.AssistantTurns} finds in the result what
 * the assistant says, which is what a model is trained on.
 */
package org.rlhf4j.model.chat;
