@NullMarked
package io.nimbus.cli;

import org.jspecify.annotations.NullMarked;
