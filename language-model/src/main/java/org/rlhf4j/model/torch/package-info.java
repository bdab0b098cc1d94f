/**
 * The tensor engine and the scripts that it runs: how libtorch is started, how a TorchScript source
 * becomes a compiled script, direct access to tensor memory, and where the time of a step goes.
 * Nothing outside this module knows that there are scripts.
 */
package org.rlhf4j.model.torch;
