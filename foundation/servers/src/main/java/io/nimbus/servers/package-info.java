/**
 * The servers underneath: where their binaries come from, and how they are started, found again and
 * stopped. Nothing is installed; what is missing is unpacked into a folder of ours.
 */
@NullMarked
package io.nimbus.servers;

import org.jspecify.annotations.NullMarked;
