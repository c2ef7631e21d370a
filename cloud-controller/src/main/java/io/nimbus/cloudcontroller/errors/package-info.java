/** The catalogue of errors. */
@NullMarked
package io.nimbus.cloudcontroller.errors;

import org.jspecify.annotations.NullMarked;
