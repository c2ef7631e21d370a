@NullMarked
package io.nimbus.servers;

import org.jspecify.annotations.NullMarked;
