/** Work that goes on after its request, kept in the database until it is done. */
@NullMarked
package io.nimbus.cloudcontroller.jobs;

import org.jspecify.annotations.NullMarked;
