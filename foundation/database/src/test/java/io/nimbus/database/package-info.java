@NullMarked
package io.nimbus.database;

import org.jspecify.annotations.NullMarked;
